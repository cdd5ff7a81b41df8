"""The naive reference: what one writes in an afternoon. One request, one scikit-learn call, one INSERT."""

import contextlib
import os
import uuid

import asyncpg
import bleach
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

SPAM = ["buy cheap watches now", "best casino bonus online", "earn money from home", "click my profile for pills"]
HAM = ["the article is right about sleep", "my doctor said the same", "how long does it take", "thank you for this"]


def spam_model():
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000))
    return model.fit(SPAM + HAM, [1] * len(SPAM) + [0] * len(HAM))


@contextlib.asynccontextmanager
async def lifespan(app):
    app.state.model = spam_model()
    async with asyncpg.create_pool(os.environ["DSN"], min_size=4, max_size=10) as app.state.pool:
        await app.state.pool.execute(
            "CREATE TABLE IF NOT EXISTS naive (id uuid PRIMARY KEY, page text, name text, html text, score real)"
        )
        yield


async def post(request):
    sent = await request.json()
    html, score = bleach.clean(sent["body"]), request.app.state.model.predict_proba([sent["body"]])[0, 1]
    row = (uuid.uuid4(), sent["page_url"], sent["author_name"], html, float(score))
    await request.app.state.pool.execute("INSERT INTO naive VALUES ($1, $2, $3, $4, $5)", *row)
    return JSONResponse({"id": str(row[0]), "status": "held" if score > 0.5 else "published"}, 201)


app = Starlette(routes=[Route("/comments", post, methods=["POST"])], lifespan=lifespan)
