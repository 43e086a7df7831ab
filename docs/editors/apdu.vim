" SPDX-License-Identifier: Apache-2.0
" Vim syntax of APDU scripts (*.apdu). Put it into ~/.vim/syntax/ and add to ~/.vimrc:
"   autocmd BufRead,BufNewFile *.apdu setfiletype apdu
if exists("b:current_syntax")
  finish
endif
syntax case match
syntax match apduComment "#.*$" contains=@Spell
syntax match apduMeta "^#!.*$"
syntax region apduString start=+"+ skip=+\\.+ end=+"+ oneline contains=apduEscape
syntax match apduEscape "\\\(x\x\x\|.\)" contained
syntax match apduVariable "\${[A-Za-z0-9_.-]\+}"
syntax match apduReference "@[A-Za-z0-9_.-]\+"
syntax keyword apduStatement tx let reset insert remove card echo delay include auto fail skip exit
syntax match apduStatement "\<\(cold-reset\|power-cut\|on-fail\)\>"
syntax keyword apduBlock macro repeat rows if else test setup cleanup invariant within
syntax keyword apduExpectation sw data tlv time length atr expect capture mute exists absent empty
syntax keyword apduWord as after writes in of on off response le scp03 continue stop
syntax match apduWord "\<goto-cleanup\>"
syntax match apduFunction "\<[a-z][a-z0-9]*\>\ze("
syntax match apduCommand "\<\(os\|purse\|isd\|piv\|ndef\|tickets\)\.[a-z-]\+\>"
syntax match apduWild "[?*]"
syntax match apduCard "^\s*\zs[A-Za-z0-9_-]\+\ze:"
highlight default link apduComment Comment
highlight default link apduMeta PreProc
highlight default link apduString String
highlight default link apduEscape SpecialChar
highlight default link apduVariable Identifier
highlight default link apduReference Identifier
highlight default link apduStatement Statement
highlight default link apduBlock Structure
highlight default link apduExpectation Conditional
highlight default link apduWord Keyword
highlight default link apduFunction Function
highlight default link apduCommand Function
highlight default link apduWild Special
highlight default link apduCard Label
let b:current_syntax = "apdu"
