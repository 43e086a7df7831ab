# A Tessera card as the ticket store of a home server: no purse.
name tessera-home
card tessera-os
role home
free-reading no
pin yes
identity no
