# A Tessera card as a float.
name tessera-float
card tessera-os
role float
units JPY F001
free-reading yes
pin no
identity no
offline-count 10000
offline-sum 100000000
