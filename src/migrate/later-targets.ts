import type { ChangeDraft, NewStatement } from './change.js';

/** The version whose defaults are compared with those of 2.3; later ones keep to them when the file says so. */
export const CONFIG_VERSION = '2.4.1';

/** Settings of 2.4.1 that a later target does not have, by their key and the section around it (doveconf 2.4.5). */
const GONE: Readonly<Record<string, readonly { key: RegExp; inside?: string; why: string }[]>> = {
  '2.4.5': [
    {
      key: /^(?:inet_listener_)?reuse_port$/,
      inside: 'inet_listener',
      why: '2.4.5 has reuse_port in the service',
    },
    { key: /^(?:passdb_)?sql_update_query$/, why: '2.4.5 writes no passwords back: it has no update query' },
    { key: /^acl_global_path$/, why: '2.4.5 has no files of global rules: they belong into acl sections' },
  ],
};

/** The statements without what the target does not have: a comment stands in its place. */
export function forTarget(
  statements: readonly NewStatement[],
  target: string,
  inside = '',
): readonly NewStatement[] {
  const gone = GONE[target];
  if (gone === undefined) return statements;
  return statements.map((statement) => {
    switch (statement.kind) {
      case 'section':
        return { ...statement, body: forTarget(statement.body, target, statement.key) };
      case 'group':
        return { ...statement, statements: forTarget(statement.statements, target, inside) };
      case 'setting': {
        const row = gone.find((one) => one.key.test(statement.key) && (one.inside ?? inside) === inside);
        if (row === undefined) return statement;
        const [first] = statement.changes ?? [];
        const told: ChangeDraft = {
          code: 'DV732',
          kind: 'decide',
          reason: `${row.why}.`,
          old: first?.old ?? null,
        };
        const text = `# ${row.why}: ${statement.key} = ${statement.value}`;
        const { indent } = statement;
        return { kind: 'comment', text, ...(indent === undefined ? {} : { indent }), changes: [told] };
      }
      default:
        return statement;
    }
  });
}
