"""The floor: a bare Starlette application that reads JSON and answers with it, or answers with nothing else to do."""

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route


async def post(request):
    return JSONResponse(await request.json(), 201)


async def get(request):
    return JSONResponse({"comments": []})


app = Starlette(routes=[Route("/comments", post, methods=["POST"]), Route("/comments", get, methods=["GET"])])
