"""Cases (调解案件): a dispute, who is in it, and whether everybody wants it mediated."""
