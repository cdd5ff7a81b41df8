"""What the running application hands to every request, as `request.state[...]`."""

from collections.abc import Mapping
from typing import TypedDict

from service.pipeline import Judge
from service.settings import Settings
from service.store.database import Database
from service.store.reader import Reader
from service.web.attempt import Attempts
from service.web.batch import Intake
from service.web.directory import SiteDirectory
from service.web.limit import RateLimits
from service.web.metrics import Metrics
from service.web.secret import PasswordDesk


class State(TypedDict):
    """Made by the lifespan, once per process."""

    settings: Settings
    db: Database
    reader: Reader
    sites: SiteDirectory
    intake: Intake
    judges: Mapping[str, Judge]
    limits: RateLimits
    metrics: Metrics
    attempts: Attempts
    passwords: PasswordDesk
