// SPDX-License-Identifier: Apache-2.0
// A payload as the octets that came, with spans marked, and how the daemon reads it.
import {html, useEffect, useState} from '../vendor.js';
import {api} from '../core/api.js';
import {visible} from '../core/format.js';
import {atom} from '../core/store.js';

export const octets = ({payload, payload_base64}) => (payload_base64 == null ? new TextEncoder().encode(payload ?? '')
    : Uint8Array.from(atob(payload_base64), (c) => c.charCodeAt(0)));
export const text = (part) => visible(new TextDecoder().decode(part));

// What the playground is to show: {topic, octets}.
export const draft = atom(null);

// How the daemon would read and decide it; changes nothing.
export const explain = (topic, payload, signal) => api('/report/explain', {method: 'POST', query: {topic}, body: new Blob([payload]), signal, headers: {'Content-Type': 'application/octet-stream'}});
// The same for a component; null until it is known.
export const useExplanation = (topic, payload) => {
  const [answer, set] = useState(null);
  useEffect(() => {
    if (payload == null) return undefined;
    const stop = new AbortController();
    explain(topic, octets({payload}), stop.signal).then(({data}) => set(data), () => {});
    return () => stop.abort();
  }, [topic, payload]);
  return answer;
};

// spans: {iccid: {offset, length} or null, error: …}, in octets.
export const Payload = ({octets: all, spans = {}}) => {
  const marks = Object.entries(spans ?? {}).filter(([, span]) => span).sort(([, a], [, b]) => a.offset - b.offset);
  const parts = [];
  let at = 0;
  for (const [name, {offset, length}] of marks) {
    if (offset < at) continue;
    parts.push(text(all.slice(at, offset)), html`<mark class=${name} title=${name === 'iccid' ? 'ICCID' : `${offset}`}>${text(all.slice(offset, offset + length))}</mark>`);
    at = offset + length;
  }
  return html`<pre class="payload" tabindex="0" translate="no">${parts}${text(all.slice(at))}</pre>`;
};
