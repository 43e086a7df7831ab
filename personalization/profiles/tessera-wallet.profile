# A Tessera card as a wallet.
name tessera-wallet
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
