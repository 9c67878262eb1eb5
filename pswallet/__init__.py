"""pswallet (坪山数字钱包): an open city wallet on an EVM chain. Start at README.md; the composition root is `cli`."""
