" Vim indent file of cnn, the sources of cnngen: one step for a line that opens more brackets than
" it closes. Brackets that a line begins with have moved that line itself.

if exists("b:did_indent")
  finish
endif
let b:did_indent = 1

setlocal indentexpr=CnnIndent(v:lnum)
setlocal indentkeys=0{,0},0),0],!^F,o,O
let b:undo_indent = "setlocal indentexpr< indentkeys<"

if exists("*CnnIndent")
  finish
endif

function CnnIndent(number) abort
  let l:above = prevnonblank(a:number - 1)
  if l:above == 0
    return 0
  endif
  let l:opened = s:Depth(substitute(s:Code(l:above), '^[] \t)}]*', '', ''))
  let l:steps = (l:opened > 0) - (l:opened < 0) - (s:Code(a:number) =~# '^\s*[])}]')
  return indent(l:above) + l:steps * shiftwidth()
endfunction

" The line without strings and without its comment.
function s:Code(number) abort
  return substitute(substitute(getline(a:number), '"[^"]*"', '', 'g'), '#.*', '', '')
endfunction

" How many brackets more are opened than closed.
function s:Depth(code) abort
  return strlen(substitute(a:code, '[^[({]', '', 'g')) - strlen(substitute(a:code, '[^])}]', '', 'g'))
endfunction
