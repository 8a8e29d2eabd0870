// SPDX-License-Identifier: Apache-2.0
// Import in three steps: a file, what it would do, and exactly that. The daemon keeps the file between
// the steps, and its number is in the URL, so that a reload shows how far it is.
import {html, useEffect, useRef, useState} from '../vendor.js';
import {address, api, post, session, useApi} from '../core/api.js';
import {bytes, clock} from '../core/format.js';
import {num, t} from '../core/lang.js';
import {amend, href, route} from '../core/router.js';
import {useAtom} from '../core/store.js';
import {Act, Bar, Bdi, Fault, Iccid, Loaded, Panel, Title} from '../core/ui.js';
import {field, Table, value} from './parts.js';

const ticks = {update: 'update', clearEmpty: 'clear_empty', strict: 'strict', trustZeros: 'trust_zeros'};

const Options = ({values, set}) => {
  const input = (name, placeholder) => html`<div class="field"><label for=${`i-${name}`}>${t(`import.${name}`)}</label><input id=${`i-${name}`} value=${values[name] ?? ''} placeholder=${placeholder} onInput=${(event) => set({...values, [name]: event.target.value})} /></div>`;
  return html`<div class="options">${Object.entries(ticks).map(([name, text]) => html`<label><input type="checkbox" name=${name} disabled=${name === 'clearEmpty' && !values.update} checked=${Boolean(values[name])}
      onChange=${(event) => set({...values, [name]: event.target.checked || undefined})} /> ${t(`import.${text}`)}</label>`)}</div>
    <div class="row">${input('zone', '+08:00')}</div>
    <details><summary>${t('import.more')}</summary><div class="row">${input('map')}${input('encoding', 'gb18030')}${input('delimiter', 'tab')}</div></details>`;
};

const Help = () => {
  const [open, setOpen] = useState(false);
  const columns = useApi(open && '/card/import/columns');
  return html`<details onToggle=${(event) => setOpen(event.target.open)}><summary>${t('import.columns')}</summary><${Loaded} from=${columns}>${({columns: all}) => html`<${Table} label=${t('import.columns')} rows=${all} columns=${[
    {label: t('import.column'), cell: ({name, required}) => html`<code>${name}</code>${required && html` <small>${t('import.required')}</small>`}`},
    {label: t('import.meaning'), cell: ({name, text}) => html`${field(name)} <small lang="en">${text}</small>`},
    {label: t('import.example'), cell: ({example}) => html`<code>${example}</code>`}]} />`}<//></details>`;
};

// What a trial says it would do, or what was done.
const Outcome = ({it, id, done}) => html`${!done && html`<dl class="counts">${['rows', 'added', 'updated', 'unchanged', 'refused', 'bound', 'settled'].map((name) => html`<div class=${name === 'refused' && it.refused ? 'warn' : ''}><dt>${t(`import.${name}`)}</dt><dd data-count=${name}>${num(it[name])}</dd></div>`)}</dl>`}
  ${it.withheld && html`<p>▲ ${t('import.withheld')}</p>`}${it.stored_before > 0 && html`<p>▲ ${t('import.of_stored', {n: it.stored_before})}</p>`}
  ${it.luhn_invalid > 0 && html`<p>${t('import.luhn')}: ${num(it.luhn_invalid)}</p>`}
  ${!done && html`<p><small>${t('import.read_as', {encoding: it.list.encoding})} ${it.list.unused.length > 0 && t('import.unused', {columns: it.list.unused.join(', ')})}</small></p>`}
  ${it.list.doubt && html`<p>▲ <bdi>${t('import.doubt', {encoding: it.list.doubt.encoding, text: it.list.doubt.text, other: it.list.doubt.other_text})}</bdi></p>`}
  ${it.problems.length > 0 && html`<h3>${t('import.first_refused')} ${id && html`<a class="button" download data-csv href=${address(`/card/import/uploads/${id}/problems`)}>${t('import.all_refused')} (CSV)</a>`}</h3>
    <${Table} label=${t('import.first_refused')} rows=${it.problems.slice(0, 20)} columns=${[{label: t('import.line'), num: true, cell: ({line}) => num(line)}, {label: t('import.reason'), cell: ({reason}) => html`<bdi lang="en">${reason}</bdi>`}]} />`}
  ${!done && it.changes.length > 0 && html`<h3>${t('import.changes')}</h3><${Table} label=${t('import.changes')} rows=${it.changes.slice(0, 50)} columns=${[{label: t('import.card'), cell: ({iccid}) => html`<${Iccid} value=${iccid} />`},
    {label: '', cell: ({fields}) => fields.map(({field: name, before, after}) => html`<div>${field(name)} ${value(name, before)} → <b>${value(name, after)}</b></div>`)}]} />`}`;

export const Import = () => {
  const {query: {upload}} = useAtom(route);
  const [file, setFile] = useState(null);
  const [values, setValues] = useState({});
  const [trial, setTrial] = useState(null);
  const [state, setState] = useState(null);  // of the upload: {state, rows, done, result, problem}
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const own = useRef({}).current;
  const max = session.get().limits?.import_bytes ?? 67108864;
  const tooLarge = file && file.size > max;
  const over = state && state.state !== 'kept';
  // An upload that the URL names, but this page does not know; and one that is being applied.
  useEffect(() => {
    if (!upload) return undefined;
    let on = true;
    const look = async () => {
      try {
        const {data} = await api(`/card/import/uploads/${upload}`);
        if (!on) return;
        setState(data);
        if (data.state === 'kept' && data.result) setTrial({...data.result, upload: {id: upload}});
        if (data.state === 'applying') own.timer = setTimeout(look, 1000);
      } catch (fault) {
        if (on) { setError(fault); if (fault.key === 'upload_not_found') amend({upload: null}, {replace: true}); }
      }
    };
    own.look = look;
    if (trial?.upload.id !== upload) look();
    return () => { on = false; clearTimeout(own.timer); };
  }, [upload]);
  const restart = () => { setFile(null); setTrial(null); setState(null); setError(null); amend({upload: null}); };
  const choose = (chosen) => { if (!chosen) return; setFile(chosen); setTrial(null); setState(null); setError(null); };
  const change = (next) => { setValues(next); setTrial(null); };
  const look = async () => {
    setBusy(true);
    setError(null);
    try {
      const {data} = await api('/card/import', {method: 'POST', body: file, headers: {'Content-Type': 'application/octet-stream'}, query: {...values, clearEmpty: values.update && values.clearEmpty, dryRun: true, keep: true}});
      setTrial(data);
      if (data.upload) amend({upload: data.upload.id}, {replace: true});
    } catch (fault) { setError(fault); }
    setBusy(false);
  };
  const apply = async () => {
    const {id} = trial.upload;
    setError(null);
    setState({state: 'applying', rows: trial.rows, done: 0});
    own.timer = setTimeout(() => own.look(), 1000);
    try {
      const {data} = await post('/card/import', undefined, {upload: id});
      clearTimeout(own.timer);
      setState({state: 'done', rows: data.rows, done: data.rows, result: data});
    } catch (fault) {
      clearTimeout(own.timer);
      // The way to the daemon may have failed, and the list be applied all the same.
      if (fault.status === 0 || fault.status >= 502) return own.look();
      setError(fault);
      setState({state: 'failed', rows: trial.rows, done: 0});
    }
  };
  const n = trial ? trial.added + trial.updated : 0;
  return html`<${Title}>${t('nav.import')}<//>
    ${error && html`<${Fault} error=${error} />`}
    <${Panel} title=${t('import.step1')}><div class="drop" onDragOver=${(event) => event.preventDefault()} onDrop=${(event) => { event.preventDefault(); if (!over && !busy) choose(event.dataTransfer.files[0]); }}>
      <div class="field"><label for="file">${t('import.file')}</label><input id="file" type="file" accept=".csv,.txt,.tsv,text/csv" disabled=${over || busy} onChange=${(event) => choose(event.target.files[0])} aria-describedby="about-file" />
      <small id="about-file">${tooLarge ? html`▲ ${t('import.too_large', {size: bytes(file.size), max: bytes(max)})}` : file ? t('import.size', {size: bytes(file.size), max: bytes(max)}) : t('import.drop')}</small></div></div>
      ${!over && html`<fieldset disabled=${busy}><${Options} values=${values} set=${change} /><p class="row"><${Act} kind=${trial ? '' : 'main'} name="preview" why=${(!file && t('import.file')) || (tooLarge && t('import.too_large', {size: bytes(file.size), max: bytes(max)}))} onClick=${look}>${t('import.preview')}<//></p></fieldset>`}
      ${busy && html`<div class="wait" role="status" aria-label=${t('loading')}></div>`}<${Help} /><//>
    ${trial && !over && html`<${Panel} title=${t('import.step2')}><${Outcome} it=${trial} id=${trial.upload?.id} /><//>
    <${Panel} title=${t('import.step3')}><p>${t('import.holds')} ${trial.upload?.expires_at && html`<small>${t('import.until', {time: clock(trial.upload.expires_at)})}</small>`}</p>
      <${Act} kind="main" name="apply" why=${(!n || trial.withheld) && t('import.nothing')} onClick=${apply}>${t('import.apply', {n})}<//><//>`}
    ${over && html`<${Panel} title=${t('import.step3')}><div role="status" data-import=${state.state}>${state.state === 'applying' ? html`<${Bar} share=${state.done / state.rows} level="well" /> ${t('import.applying', {done: state.done, rows: state.rows})}`
      : state.state === 'failed' ? html`▲ ${t('import.failed')} <${Bdi}>${state.problem ?? ''}<//>` : html`<p>● ${t('import.done', state.result ?? {})}</p>${state.result && html`<${Outcome} it=${state.result} id=${upload} done />`}`}</div>
      ${state.state !== 'applying' && html`<p class="row"><button type="button" onClick=${restart}>${t('import.again')}</button> <a href=${href('/cards', {abnormal: true})}>${t('import.see')}</a></p>`}<//>`}`;
};
