"""What site owners look after: sites, policy, lists, members, tokens, webhooks; each asks for the role `owner`."""
