# A Tessera card as a wallet whose identity tools manage that know triple DES keys only.
name tessera-wallet-3des
card tessera-os
role wallet
units JPY F001
free-reading yes
pin yes
identity p256
limit-balance 50000
no-pin-single 1000
no-pin-sum 3000
no-pin-count 5
management-algorithm 3des
