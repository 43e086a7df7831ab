# A Tessera card as a till.
name tessera-till
card tessera-os
role till
units JPY F001
free-reading yes
pin no
identity no
offline-count 10000
offline-sum 100000000
