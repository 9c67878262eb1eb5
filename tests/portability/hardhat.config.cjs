// Hardhat as a second client of the same chain: what pswallet/local/anvil.py says to Anvil, said to Hardhat.
module.exports = {
  networks: {hardhat: {chainId: 31337, hardfork: "osaka", blockGasLimit: 200_000_000}},
};
