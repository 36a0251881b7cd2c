import type { ByteString } from '../../grammar/bytes.js';
import type { ConfTree, Include, Section, Setting, Statement } from '../../grammar/dovecot-conf/tree.js';
import type { Source } from '../../grammar/source.js';
import type { PassdbBlock, UserdbBlock } from '../config/effective.js';
import { translatePassdb, translateUserdb } from './auth/translate-block.js';
import { translateStatements } from './body.js';
import type { ChangeDraft, NewStatement } from './change.js';
import { isPackaged, keyFrames, lastPart } from './config-walk.js';
import { isDictDriver, noDriver, translateNamedDict } from './dict-uri.js';
import { orderFilters } from './filter-order.js';
import { newIncludePattern } from './new-paths.js';
import { commentedOut, draft, type Frame, type OldSetting } from './old-setting.js';
import { translatePluginSetting } from './plugins/plugin-settings.js';
import { resolveValue } from './references.js';
import { eventSettings } from './sections/metric.js';
import { namespaceName, namespacePrefix } from './sections/namespace.js';
import { GONE_SERVICES, listenerName, serviceSettings } from './sections/service.js';
import { globalSettings } from './settings/global-settings.js';
import { translateLocation } from './settings/mail-location.js';
import type { SettingTranslators } from './settings/setting-translator.js';
import { rename, translateByTable } from './settings/simple-settings.js';
import type { Translation } from './translation.js';

const TRANSLATORS: SettingTranslators = {
  ...globalSettings,
  ...serviceSettings,
  ...eventSettings,
  'namespace/prefix': namespacePrefix,
  'namespace/location': translateLocation,
  'namespace/mail': translateLocation,
  'namespace/mail_location': translateLocation,
  ssl_cert_file: (old, t) => rename(old, t, 'ssl_server_cert_file', 'DV744'),
  ssl_key_file: (old, t) => rename(old, t, 'ssl_server_key_file', 'DV744'),
};

const FILTERS = new Set(['protocol', 'local', 'remote', 'local_name']);

/** Translates the statements of one file after the other, in the order in which Dovecot reads them. */
export class FileTranslator {
  readonly #t: Translation;
  readonly #done = new Set<ConfTree>();

  constructor(t: Translation) {
    this.#t = t;
  }

  /** A file and all that it includes; `frames` are the sections that it is included in. */
  translate(tree: ConfTree, frames: readonly Frame[] = []): void {
    if (this.#done.has(tree)) return;
    this.#done.add(tree);
    this.#t.addFile({
      source: tree.source,
      statements: this.#statements(tree.source, tree.statements, frames),
    });
  }

  #statements(source: Source, statements: readonly Statement[], frames: readonly Frame[]): NewStatement[] {
    const { statements: ordered, moved } = orderFilters(statements);
    return translateStatements(source, ordered, {
      setting: (node, remark) => this.setting(source, node, remark, frames),
      section: (node, remark) => {
        const translated = withHeadRemark(this.#section(source, node, frames), remark);
        return moved.has(node) ? withChange(translated, movedFilter(source, node)) : translated;
      },
      include: (node) => this.#include(source, node, frames),
    });
  }

  /** One assignment; `around` are the sections of 2.3 that it stands in. */
  setting(
    source: Source,
    node: Setting,
    remark: ByteString,
    around: readonly Frame[],
  ): readonly NewStatement[] {
    const t = this.#t;
    const own = keyFrames(node.key);
    const frames = [...around, ...own];
    const key = lastPart(node.key);
    const path = [...frames.filter((frame) => !FILTERS.has(frame.key)).map((frame) => frame.key), key].join(
      '/',
    );
    const old: OldSetting = {
      source,
      node,
      key,
      path,
      value: node.value,
      remark,
      frames,
      order: t.orderOf(node),
    };
    const statements = this.#translated(old);
    if (frames.length === 0) t.learn(key, knownValue(old, t));
    return grouped(
      own.reduceRight<readonly NewStatement[]>(
        (body, frame) =>
          frame.key === 'plugin' || frame.key === 'dict'
            ? body
            : [{ kind: 'section', key: frame.key, name: frame.name, body }],
        statements,
      ),
    );
  }

  #translated(old: OldSetting): readonly NewStatement[] {
    const t = this.#t;
    const inside = old.frames.find((frame) => frame.key === 'plugin' || frame.key === 'dict')?.key;
    if (inside === 'plugin') return translatePluginSetting(old, t);
    if (inside === 'dict') {
      const { text } = resolveValue(old, t, true);
      if (!isDictDriver(text)) return commentedOut(old, noDriver(text, old));
      const change = draft(
        'DV729',
        'exact',
        'A dict of the dict server is a section inside dict_server { } in 2.4.',
        old,
      );
      return [
        {
          kind: 'section',
          key: 'dict_server',
          name: null,
          body: [translateNamedDict(old.key, text, old, t)],
          changes: [change],
        },
      ];
    }
    return (TRANSLATORS[old.path] ?? translateByTable)(old, t);
  }

  #section(source: Source, node: Section, frames: readonly Frame[]): readonly NewStatement[] {
    const t = this.#t;
    const change = (code: ChangeDraft['code'], reason: string): ChangeDraft => ({
      code,
      kind: 'exact',
      reason,
      old: { source, span: headOf(source, node) },
    });
    switch (node.key) {
      case 'plugin':
      case 'dict':
        return outdented(
          this.#statements(source, node.body, [...frames, { key: node.key, name: null }]),
          source,
          node,
        );
      case 'passdb':
        return translatePassdb(
          { source, section: node, block: this.#block('passdb', source, node, frames) },
          t,
        );
      case 'userdb':
        return translateUserdb(
          { source, section: node, block: this.#block('userdb', source, node, frames) },
          t,
        );
      case 'namespace': {
        const name = node.name ?? namespaceName(node, t);
        const changes = node.name === null ? [change('DV727', '2.4 wants a name for every namespace.')] : [];
        return [this.#plain(source, node, name, frames, changes)];
      }
      case 'inet_listener': {
        const service = frames.findLast(({ key }) => key === 'service')?.name ?? '';
        const name = node.name ?? listenerName(node, service, t);
        const changes = node.name === null ? [change('DV727', '2.4 wants a name for every listener.')] : [];
        return [this.#plain(source, node, name, frames, changes)];
      }
      case 'unix_listener':
      case 'fifo_listener':
      case 'mailbox': {
        if (node.name !== null) return [this.#plain(source, node, node.name, frames)];
        const name = valueIn(node, node.key === 'mailbox' ? 'name' : 'path');
        if (name === '') return commentedSection(source, node, 'Without a name it has no effect.', 'DV732');
        const changes = [change('DV727', `2.4 wants the name of every ${node.key} at its head.`)];
        return [this.#plain(source, node, name, frames, changes)];
      }
      case 'service': {
        const gone = GONE_SERVICES[node.name ?? ''];
        if (gone !== undefined) return commentedSection(source, node, gone);
        if (frames.some(({ key }) => FILTERS.has(key)))
          return commentedSection(
            source,
            node,
            'Services inside of filters have no effect in 2.3, and 2.4 refuses them.',
            'DV732',
          );
        if (node.name !== 'dns_client') return [this.#plain(source, node, node.name, frames)];
        return [
          this.#plain(source, node, 'dns-client', frames, [
            change('DV744', 'The service is called dns-client.'),
          ]),
        ];
      }
      case 'protocol':
        if (node.name !== 'managesieve') return [this.#plain(source, node, node.name, frames)];
        return [
          this.#plain(source, node, 'sieve', frames, [change('DV744', 'The protocol is called sieve.')]),
        ];
      case 'local_name':
        return (node.name ?? '')
          .split(/\s+/)
          .map((name, at, all) =>
            this.#plain(
              source,
              node,
              name,
              frames,
              at === 0 && all.length > 1 ? [change('DV746', '2.4 takes one name for each local_name.')] : [],
            ),
          );
      default:
        return [this.#plain(source, node, node.name, frames)];
    }
  }

  #plain(
    source: Source,
    node: Section,
    name: ByteString | null,
    frames: readonly Frame[],
    changes: readonly ChangeDraft[] = [],
  ): NewStatement {
    const body = this.#statements(source, node.body, [...frames, { key: node.key, name: node.name }]);
    return {
      kind: 'section',
      key: node.key,
      name,
      body,
      ...(changes.length === 0 ? {} : { changes }),
      ...endRemark(source, node),
    };
  }

  #block(kind: 'passdb', source: Source, node: Section, frames: readonly Frame[]): PassdbBlock | null;
  #block(kind: 'userdb', source: Source, node: Section, frames: readonly Frame[]): UserdbBlock | null;
  #block(
    kind: 'passdb' | 'userdb',
    source: Source,
    node: Section,
    frames: readonly Frame[],
  ): PassdbBlock | UserdbBlock | null {
    const protocol = frames.find(({ key }) => key === 'protocol')?.name ?? null;
    const auth = this.#t.config.effective.auth(protocol === null ? {} : { protocol });
    const blocks: readonly (PassdbBlock | UserdbBlock)[] = kind === 'passdb' ? auth.passdbs : auth.userdbs;
    return blocks.find(({ at }) => at.source.path === source.path && at.line === node.line) ?? null;
  }

  #include(source: Source, node: Include, frames: readonly Frame[]): readonly NewStatement[] {
    const t = this.#t;
    const trees = t.walk.included(source, node);
    const own = trees.filter((tree) => !isPackaged(tree.source.path));
    for (const tree of own) this.translate(tree, frames);
    const remark = '';
    const pattern = newIncludePattern(node.pattern, source, t.config.main, own.length > 0);
    const change: ChangeDraft = {
      code: 'DV745',
      kind: 'equivalent',
      reason: 'The include names the file of the new tree, wherever that is put.',
      old: { source, span: { start: node.span.start, end: node.patternSpan.end } },
    };
    return [
      {
        kind: 'include',
        pattern,
        optional: node.optional,
        files: own.map((tree) => tree.source.path),
        ...(remark === '' ? {} : { remark }),
        ...(pattern === node.pattern ? {} : { changes: [change] }),
      },
    ];
  }
}

/** Several statements in the place of one: they are one change. */
function grouped(statements: readonly NewStatement[]): readonly NewStatement[] {
  const [first, ...rest] = statements;
  if (first === undefined || rest.length === 0 || first.changes === undefined) return statements;
  const { changes, ...bare } = first;
  return [{ kind: 'group', statements: [bare, ...rest], changes }];
}

/** What stood in a section that 2.4 does not have stands where the section stood. */
function outdented(
  statements: readonly NewStatement[],
  source: Source,
  node: Section,
): readonly NewStatement[] {
  const outer = whiteBefore(source, node.keySpan.start);
  const first = node.body.find(({ kind }) => kind !== 'blank');
  const inner = first === undefined ? '' : (/^[ \t]*/.exec(source.text.slice(first.span.start))?.[0] ?? '');
  return statements.map((one) =>
    one.indent?.startsWith(inner) === true ? { ...one, indent: outer + one.indent.slice(inner.length) } : one,
  );
}

function whiteBefore(source: Source, offset: number): ByteString {
  return /[ \t]*$/.exec(source.text.slice(0, offset))?.[0] ?? '';
}

function withChange(statements: readonly NewStatement[], change: ChangeDraft): readonly NewStatement[] {
  const [first, ...rest] = statements;
  return first === undefined ? [] : [{ ...first, changes: [...(first.changes ?? []), change] }, ...rest];
}

function movedFilter(source: Source, node: Section): ChangeDraft {
  return {
    code: 'DV749',
    kind: 'exact',
    reason:
      'Of several filters that match, 2.3 takes the narrowest, 2.4 the last one: this one stands behind the others now.',
    old: { source, span: headOf(source, node) },
  };
}

function withHeadRemark(statements: readonly NewStatement[], remark: ByteString): readonly NewStatement[] {
  if (remark === '') return statements;
  const [first, ...rest] = statements;
  if (first?.kind === 'section') return [{ ...first, remark }, ...rest];
  return [{ kind: 'comment', text: remark }, ...statements];
}

function endRemark(source: Source, node: Section): { endRemark?: ByteString } {
  if (node.end === null) return {};
  const text = source.text.slice(node.end.span.start, node.end.span.end);
  const hash = text.indexOf('#');
  return hash === -1 ? {} : { endRemark: text.slice(hash).trim() };
}

function headOf(source: Source, node: Section) {
  const text = source.text.slice(node.keySpan.start, node.headSpan.end);
  return { start: node.keySpan.start, end: node.keySpan.start + text.trimEnd().length };
}

/** The value of a setting in a section; '' where it is not set. */
function valueIn({ body }: Section, key: ByteString): ByteString {
  const found = body.findLast((one): one is Setting => one.kind === 'setting' && one.key === key);
  return found?.value.text ?? '';
}

/** Whether anything is set in a section, or in one inside it. */
function hasSettings({ body }: Section): boolean {
  return body.some((node) => node.kind === 'setting' || (node.kind === 'section' && hasSettings(node)));
}

/** A section of something that is gone, line by line behind a #. */
function commentedSection(
  source: Source,
  node: Section,
  reason: string,
  code: 'DV732' | 'DV733' = 'DV733',
): readonly NewStatement[] {
  const { start, end } = node.span;
  const text = source.text.slice(start, end).replace(/\s+$/, '');
  const change: ChangeDraft = {
    code,
    kind: code === 'DV733' && hasSettings(node) ? 'decide' : 'exact',
    reason,
    old: { source, span: headOf(source, node) },
  };
  return grouped([
    { kind: 'comment', text: `# 2.3 only: ${reason}`, changes: [change] },
    ...text.split('\n').map((line): NewStatement => ({ kind: 'comment', text: `#${line.trimEnd()}` })),
  ]);
}

/** What `$name` behind this statement stands for. */
function knownValue(old: OldSetting, t: Translation): ByteString {
  const { value } = old;
  if (value.form !== 'variable') return value.form === 'file' ? `<${value.text}` : value.text;
  return resolveValue(old, t, true).text;
}
