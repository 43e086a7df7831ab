# SPDX-License-Identifier: Apache-2.0
"""What every page of ours must be, in every state, for people who see badly, touch, type or listen
(WCAG 2.2, A and AA, as far as a page shows it by itself): a script of the page that answers what it
found wrong. And the pictures that somebody looks at."""

import pathlib

PICTURES = pathlib.Path(__file__).resolve().parents[3] / "build/screens"


def picture(browser, name):
    PICTURES.mkdir(parents=True, exist_ok=True)
    browser.screenshot(PICTURES / f"{name}.png")


LOOK = """
const shine = text => { const part = text.match(/[\\d.]+/g).map(Number);
  const line = part.slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * line[0] + .7152 * line[1] + .0722 * line[2]; };
const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
  if (!/, 0\\)$|transparent/.test(c)) return c; } return 'rgb(255,255,255)'; };
const found = [];
for (const e of document.querySelectorAll('body *')) {
  if (!e.checkVisibility() || ['SCRIPT', 'STYLE'].includes(e.tagName)) continue;
  const style = getComputedStyle(e);
  if ([...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) {
    const a = shine(style.color), b = shine(ground(e)), ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5 && !e.disabled) found.push(`contrast ${ratio.toFixed(1)}: ${e.outerHTML.slice(0, 80)}`);
    if (parseFloat(style.fontSize) < 20) found.push(`small text: ${e.outerHTML.slice(0, 80)}`);
  }
}
for (const e of document.querySelectorAll('[data-first]'))
  if (e.checkVisibility() && e.getBoundingClientRect().bottom > innerHeight) found.push(`out of sight: ${e.id}`);
for (const e of document.querySelectorAll('footer button'))
  if (e.checkVisibility() && e.getBoundingClientRect().bottom > innerHeight + 1) found.push(`out of sight: ${e.id}`);
if (document.body.dataset.phase !== 'idle' && document.querySelector('header').getBoundingClientRect().top < 0) found.push('scrolled away');
const named = e => (e.getAttribute('aria-label') || e.textContent || '').trim() ||
  (e.labels && [...e.labels].map(label => label.textContent).join('').trim());
for (const e of document.querySelectorAll('button, input, select, textarea, a[href], [role=button]')) {
  if (!e.checkVisibility()) continue;
  const box = e.getBoundingClientRect(), seen = e.textContent.trim(), told = e.getAttribute('aria-label');
  if (!named(e)) found.push(`no name: ${e.outerHTML}`);
  if (told && seen && !told.includes(seen)) found.push(`named otherwise than it reads: ${e.outerHTML}`);
  if (box.width < 44 || box.height < 44) found.push(`small target: ${e.outerHTML}`);
  if (e.tabIndex > 0) found.push(`out of the order of focus: ${e.outerHTML}`);
}
for (const e of document.querySelectorAll('[onclick], [autofocus], marquee, blink, table')) found.push(`not that: ${e.outerHTML}`);
for (const e of document.querySelectorAll('ul > *, ol > *')) if (e.tagName !== 'LI') found.push(`no item: ${e.outerHTML}`);
for (const e of document.querySelectorAll('dl > *')) if (!/^D[TD]$/.test(e.tagName)) found.push(`no term: ${e.outerHTML}`);
for (const e of document.querySelectorAll('svg, img')) if (e.getAttribute('aria-hidden') !== 'true' && !e.getAttribute('alt')) found.push(`no words for ${e.outerHTML}`);
for (const attribute of ['aria-labelledby', 'aria-describedby', 'for'])
  for (const e of document.querySelectorAll(`[${attribute}]`))
    if (!document.getElementById(e.getAttribute(attribute))) found.push(`${attribute} leads nowhere: ${e.outerHTML}`);
for (const e of document.querySelectorAll('h1, h2, h3')) if (e.checkVisibility() && !e.textContent.trim()) found.push(`empty heading: ${e.outerHTML}`);
if (document.querySelectorAll('main').length !== 1 || document.querySelectorAll('header').length !== 1) found.push('no main or header');
if (!['ja', 'en'].includes(document.documentElement.lang)) found.push('no language');
if (/user-scalable|maximum-scale/.test(document.querySelector('meta[name=viewport]').content)) found.push('it cannot be enlarged');
for (const e of document.querySelectorAll('main > section'))
  if (!e.hidden !== (e.checkVisibility())) found.push(`hidden otherwise: ${e.id}`);
const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
if (new Set(ids).size !== ids.length) found.push('an id stands twice');
if (document.documentElement.scrollWidth > innerWidth) found.push('it is wider than the screen');
if (document.querySelectorAll('h1').length !== 1 || !document.title) found.push('no heading or title');
if (document.getElementById('say').getAttribute('aria-live') !== 'assertive') found.push('the state is not announced');
return found;
"""
