"""How titles and summaries are put into another language: by a service of the operator's own, if there is one."""
