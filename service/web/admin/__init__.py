"""What site owners look after: sites, policy, lists, members, tokens; each asks for the role `owner`."""
