// Modules that few runs need. The sources import them like all others; in the bundle each is a chunk of its own, loaded
// when one of these functions is called for the first time. They may export nothing else that is imported, types apart.
import { resolve } from 'node:path';

export const LATER_MODULES = {
  'src/check/fail-open.ts': ['failOpenings', 'isOpenBy'],
  'src/check/migration-text.ts': ['pluginTextFor24', 'textFor24'],
  'src/check/sql/select.ts': ['parseSelect'],
  'src/check/sql/values.ts': ['possibleValues', 'union'],
  'src/config/dovecot-2.3/dumper.ts': ['dump23'],
  'src/config/dovecot-2.3/unknown-setting.ts': ['explainUnknown'],
  'src/config/dovecot-2.4/checks/checks-of-2.4.5.ts': ['checksOf245'],
  'src/config/dovecot-2.4/checks/sieve-start.ts': ['sieveProblems'],
  'src/config/dovecot-2.4/checks/sieve-user-email.ts': ['userEmailError'],
  'src/config/dovecot-2.4/explanation.ts': ['explain'],
  'src/config/dovecot-2.4/group-filling.ts': ['fillGroup'],
  'src/config/dovecot-2.4/late-references.ts': ['lateValue', 'settleReferences'],
  'src/config/dovecot-2.4/old-defaults.ts': ['applyOldDefaults'],
  'src/config/dovecot-2.4/print/dump-question.ts': ['dumpQuestion'],
  'src/config/dovecot-2.4/print/dumper.ts': ['dump24'],
  'src/config/read-ext-file.ts': ['readExtFile'],
  'src/auth/walk.ts': ['walk'],
  'src/check/rules-of-2.3.ts': ['rulesOf23'],
  'src/check/rules-of-2.4.ts': ['rulesOf24'],
  'src/check/rules-of-lookups.ts': ['rulesOfLookups'],
  'src/cli/check-baseline.ts': ['openBaseline', 'writeBaseline'],
  'src/cli/check-fix.ts': ['fixAll', 'writeFixes'],
  'src/cli/check-watch.ts': ['watchFiles'],
  'src/migrate/single-setting.ts': ['onOneLine', 'translateSetting'],
  'src/knowledge/changes.ts': ['changeOf', 'formerNameOf'],
  'src/config/dovecot-2.3/load.ts': ['load23'],
  'src/config/dovecot-2.3/module-order.ts': ['moduleOrder'],
  'src/config/dovecot-2.4/load.ts': ['load24'],
  'src/knowledge/userdb-fields.ts': ['successorOfField'],
  'src/knowledge/rows-2.3.19.1.ts': ['rows23191'],
  'src/knowledge/rows-2.3.21.1.ts': ['rows23211'],
  'src/knowledge/rows-2.4.1.ts': ['rows241'],
  'src/knowledge/rows-2.4.5.ts': ['rows245'],
  'src/report/chalk-colours.ts': ['chalkColours'],
  'src/report/checkstyle.ts': ['checkstyleReport'],
  'src/report/compact.ts': ['compactReport'],
  'src/report/fix-diff.ts': ['fixDiff'],
  'src/report/github.ts': ['githubReport'],
  'src/report/gitlab.ts': ['gitlabReport'],
  'src/report/json.ts': ['jsonReport'],
  'src/report/junit.ts': ['junitReport'],
  'src/report/sarif.ts': ['sarifReport'],
};

const NAMESPACE = 'later';

/** esbuild plugin: whoever imports a module of the list gets functions that load it. */
export const laterModules = {
  name: 'later-modules',
  setup(build) {
    const byPath = new Map(
      Object.entries(LATER_MODULES).map(([file, names]) => [resolve(file), { file, names }]),
    );
    build.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, kind }) => {
      if (kind !== 'import-statement') return undefined;
      const found = byPath.get(resolve(resolveDir, path.replace(/\.js$/, '.ts')));
      return found && { path: found.file, namespace: NAMESPACE, pluginData: found.names };
    });
    build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path, pluginData }) => ({
      contents: pluginData
        .map(
          (name) => `export const ${name} = (...args) => __load(${JSON.stringify(path)}).${name}(...args);`,
        )
        .join('\n'),
    }));
  },
};
