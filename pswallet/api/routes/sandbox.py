"""The sandbox's own doors: the SMS box and the clock. They exist in sandbox mode only."""

from fastapi import APIRouter

router = APIRouter(prefix="/sandbox", tags=["sandbox"])
