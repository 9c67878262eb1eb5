"""Clients of SMS, identity and bank vendors behind the features' Protocols, and the sandbox's stand-ins for them."""
