import sys; sys.path.insert(0,'/work/main')
from tests.journeys.test_reorgs import *
import pytest
@pytest.mark.parametrize("n", range(12))
def test_x(pipeline, scene, n):
    people, packet = scene
    for turn in range(8):
        pipeline.leave(*busy(pipeline, people, packet, turn))
        pipeline.relayer.step()
        if turn % 2:
            pipeline.indexer.step()
        if turn in (3, 6):
            pipeline.chain.rpc.call("anvil_reorg", [3, []])
    try:
        pipeline.settle(patience_s=8)
        return
    except AssertionError: pass
    r=pipeline.chain.rpc
    print(pipeline.chain.head())
    with pipeline.sessions() as s:
        for row in s.execute(text("select t.id,sender,nonce,mined_block,sent_at,s.hash,call_ids from chain_transactions t join chain_sendings s on s.transaction_id=t.id order by t.id")).all(): 
            print(row.id,row.sender[:6],row.nonce,row.mined_block,row.sent_at,row.hash[:8],row.call_ids, (r.call("eth_getTransactionReceipt",[row.hash]) or {}).get("blockNumber"), bool(r.call("eth_getTransactionByHash",[row.hash])))
        print(s.execute(text("select * from chain_senders")).all())
        print(s.execute(text("select number from chain_blocks order by number desc limit 3")).all())
        for snd in {x for x in s.execute(text("select distinct sender from chain_transactions")).scalars()}:
            print(snd, r.call("eth_getTransactionCount",[snd,"latest"]), r.call("eth_getTransactionCount",[snd,"pending"]))
    print(r.call("txpool_status"))
    p=r.call("txpool_content"); print({k:{a:list(v) for a,v in x.items()} for k,x in p.items()})
    from pswallet.chain import blocks
    hs=blocks.headers(r, range(36, pipeline.chain.head()+1))
    for a,b in zip(hs,hs[1:]):
        if a.hash!=b.parent: print("broken chain", a.number, a.hash, b.parent)
    logs=r.call("eth_getLogs",[{"fromBlock":hex(36),"toBlock":"latest"}])
    H={h.number:h for h in hs}
    for l in logs:
        if l["blockHash"]!=H[int(l["blockNumber"],16)].hash: print("bad log",int(l["blockNumber"],16),l["blockHash"],l["transactionHash"][:9], l["logIndex"])
    for h in hs: print(h.number,h.hash[:10],[t[:8] for t in h.transactions])
    assert 0
