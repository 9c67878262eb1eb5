"""Real-name checks and the tiers they give."""

from fastapi import APIRouter

router = APIRouter(tags=["kyc"])
