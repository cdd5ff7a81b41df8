"""List the addresses for site owners, and describe them."""

from service.web.admin import lists, people, policy, sites

ROUTES = tuple(route for module in (sites, policy, lists, people) for route in module.ROUTES)
