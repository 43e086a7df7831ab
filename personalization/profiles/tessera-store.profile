# A Tessera card as a store.
name tessera-store
card tessera-os
role store
units JPY F001
free-reading yes
pin yes
identity no
limit-balance 50000
