-- The language server of `.rag` for Neovim 0.7 to 0.10; newer ones read lsp/rag.lua.
local M = {}

-- One server for each root: its identifier by the root's path.
local clients = {}

local function exists(path)
  return vim.loop.fs_stat(path) ~= nil
end

local function parents(path)
  local folder = vim.fn.fnamemodify(path, ":h")
  return function()
    local now = folder
    if now == nil then
      return nil
    end
    local above = vim.fn.fnamemodify(now, ":h")
    folder = above ~= now and above or nil
    return now
  end
end

--- The folder of the nearest rag.toml at or above a file, else the file's own.
function M.root(path)
  for folder in parents(path) do
    if exists(folder .. "/rag.toml") then
      return folder
    end
  end
  return vim.fn.fnamemodify(path, ":h")
end

--- The command that starts the server: that of `vim.g.rag_command`, else of the nearest environment above the root, else of the path.
function M.command(root)
  if vim.g.rag_command then
    return vim.g.rag_command
  end
  for folder in parents(root .. "/x") do
    for _, environment in ipairs({ ".venv", "venv" }) do
      local program = folder .. "/" .. environment .. "/bin/rag"
      if exists(program) then
        return { program, "lsp" }
      end
    end
  end
  return { "rag", "lsp" }
end

--- Start the server of a buffer's project, or attach the buffer to the one that runs.
function M.attach(buffer)
  local name = vim.api.nvim_buf_get_name(buffer)
  if vim.bo[buffer].buftype ~= "" or name == "" then
    return
  end
  local root = M.root(vim.fn.fnamemodify(name, ":p"))
  local client = clients[root]
  if client == nil or vim.lsp.client_is_stopped(client) then
    local command = M.command(root)
    if vim.fn.executable(command[1]) ~= 1 then
      vim.notify("rag: `" .. command[1] .. "` is not installed; see the plugin's README", vim.log.levels.WARN)
      return
    end
    client = vim.lsp.start_client({ name = "rag", cmd = command, root_dir = root })
    clients[root] = client
  end
  if client then
    vim.lsp.buf_attach_client(buffer, client)
    vim.bo[buffer].omnifunc = "v:lua.vim.lsp.omnifunc"
  end
end

return M
