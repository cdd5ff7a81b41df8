"""List the addresses for site owners, and describe them."""

from service.web.admin import lists, people, policy, sites, webhooks

ROUTES = tuple(route for module in (sites, policy, lists, people, webhooks) for route in module.ROUTES)
