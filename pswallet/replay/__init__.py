"""`pswallet replay`: a campaign of the past at its published size, through the real gateway on a chain of its own.

Only totals are known of such a campaign. What lies between them is drawn from a stated seed, and said to be drawn.
"""
