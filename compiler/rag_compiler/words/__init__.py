"""The wording of diagnostics: one constructor for each rule, or for each way in which a rule can be broken."""
