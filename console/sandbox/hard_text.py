"""Text that is hard to show safely: what a model may well write, and what must never become markup."""

from __future__ import annotations

HARD_TEXT = """# Hard text / 어려운 글

Line separators: before\u2028after, before\u2029after, next\x85line, tab\there, bell\x07, null\x00.

Right to left: שלום עולם, مرحبا بالعالم, and an override \u202eabc\u202c that must not leak.

Emoji: 👩\u200d👩\u200d👧\u200d👦 family, 🏳️\u200d🌈 flag, 👍🏽 skin tone, 🇰🇷 region.
Combined: e\u0301 combining, 한\u1100\u1161\u11a8 jamo.

Zalgo: Z\u0351\u036b\u0343a\u0363\u0369l\u0348\u034eg\u035eo\u032f. Zero width: a\u200bb\u200cc\ufeffd. Astral: 𝕏 𠮷.

<script>alert("script")</script>
<img src=x onerror="alert('img')"><svg/onload=alert(1)>
<div hx-get="/signout/" hx-trigger="load" hx-on:click="alert(1)" style="position:fixed">htmx</div>
<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>
<form action="/signout/" method="post"><button>go</button></form>

[a link](javascript:alert(1)) [data](data:text/html,<script>alert(1)</script>)
![image](https://example.com/pixel.png?q=secret)
[reference][evil] <javascript:alert(1)> [fine](https://example.com/)

[evil]: vbscript:msgbox(1)

event: done
data: {"type":"message_stop"}

{% csrf_token %} {{ settings.SECRET_KEY }} %s %(name)s {0} ${jndi:ldap://x}

| a | b |
|---|---|
| `|` | <b onclick="x()">bold</b> |

Averyveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryverylongword.

가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나다라마바사아자차카타파하

- [ ] task
  - nested
    1. deeper

````md
```js
</code></pre><script>alert("fence")</script>
```
````

Unclosed fence follows:

```html
<textarea><!--
"""
