// SPDX-License-Identifier: Apache-2.0
// What a person reads on a page, to find a key that has no word and English in a Chinese page.
// Left out: what devices and people wrote (bdi), code, keys, and what is marked as English.
const leftOut = 'code, pre, kbd, bdi, [lang=en], [translate=no], script, style, noscript, option[value*="/"], input, textarea';

// Text nodes and the attributes that are read out, as [text, where].
const texts = (page) => page.page.evaluate((skip) => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.nodeType === 3 ? node.parentElement : node;
    if (element.closest(skip)) continue;
    const where = `${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className}`;
    if (node.nodeType === 3) found.push([node.data.trim(), where]);
    else for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
      if (element.getAttribute(name)) found.push([element.getAttribute(name), `${where}[${name}]`]);
    }
  }
  return found.filter(([text]) => text);
}, leftOut);

const areas = 'nav|core|words|overview|mismatches|sign_in|cards|devices|events|import|platforms|rejected|settings|error|banner|key|zone|scope|link|status|outcome|reason|suspect|state|field|by|match|problem|network|kind';
export const rawKeys = async (page) => (await texts(page))
  .filter(([text]) => new RegExp(`^(${areas})\\.[a-z_.]+$`).test(text) || /^[a-z]+(_[a-z0-9]+)+$/.test(text))
  .map(([text, where]) => `${where}: ${text}`);

// Names and units that are the same in Chinese.
const allowed = new Set(`iotcardd iotcardctl ICCID IMSI IMEI MSISDN EID SIM CSV UTC API MQTT JSON HTTP URL RSSI Luhn Enter Esc Ctrl
  KiB MiB GiB TiB kB MB GB English GMT TOML SQLite PIN PUK APN NB LTE base64 hex token Token AT QoS ID`.split(/\s+/));
export const englishWords = async (page) => {
  // A name that the page shows as a name may be part of a sentence that is read out.
  const names = await page.page.evaluate((skip) => [...document.querySelectorAll(skip)].map((one) => one.textContent ?? '').join(' '), leftOut);
  const known = new Set([...allowed, ...(names.match(/[A-Za-z]{2,}/g) ?? [])]);
  // Topics and devices are names too.
  return (await texts(page)).flatMap(([text, where]) => (text.replace(/\S*\/\S*/g, '').match(/[A-Za-z]{2,}/g) ?? [])
    .filter((word) => !known.has(word)).map((word) => `${word} in "${text.slice(0, 60)}" (${where})`));
};
