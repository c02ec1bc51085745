vim.api.nvim_create_autocmd({ "BufNewFile", "BufRead" }, {
  pattern = "*.rag",
  callback = function()
    vim.bo.filetype = "rag"
  end,
})
