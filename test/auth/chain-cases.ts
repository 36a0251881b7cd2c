import { readFileSync } from 'node:fs';

/** Answers of real Dovecot; fixtures/auth-chain/cases.json says what each member is. */
export interface CaseRequest {
  readonly user: string;
  readonly password: string | null;
  readonly master_user?: string;
  readonly mech?: string;
  readonly op?: 'test' | 'login' | 'lookup' | 'user';
  readonly service?: string;
  readonly lip?: string;
  readonly rip?: string;
  readonly info?: Readonly<Record<string, string>>;
}

export interface ChainCase {
  readonly id: string;
  readonly request: CaseRequest;
  readonly result: string;
  readonly exit: number;
  readonly stdout: string;
  readonly stderr?: string;
  readonly tried: readonly string[];
  readonly log?: readonly string[];
  readonly debug?: readonly string[];
}

export interface CaseChain {
  readonly version: '2.3.19.1' | '2.4.1';
  readonly group: string;
  readonly config: string;
  readonly files: Readonly<Record<string, number>>;
  readonly databases?: Readonly<Record<string, number>>;
  readonly cases: readonly ChainCase[];
}

export interface StartupCase {
  readonly id: string;
  readonly version: '2.3.19.1' | '2.4.1';
  readonly config: string;
  readonly files: Readonly<Record<string, number>>;
  readonly stderr?: readonly string[];
  readonly result?: string | null;
  readonly log: readonly string[];
}

export interface CaseFile {
  readonly common: Readonly<Record<'2.3.19.1' | '2.4.1', string>>;
  readonly texts: readonly string[];
  readonly chains: readonly CaseChain[];
  readonly startupFailures: readonly StartupCase[];
  readonly startupChecks: readonly StartupCase[];
}

export type MatrixRow = readonly [
  version: '2.3.19.1' | '2.4.1',
  rule1: string,
  rule2: string,
  skip2: string,
  answers: readonly number[] | string,
];

export interface Matrix {
  readonly users: readonly string[];
  readonly answers: readonly string[];
  readonly rows: readonly MatrixRow[];
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../fixtures/auth-chain/${name}`, import.meta.url), 'utf8'));
}

export function chainCases(): CaseFile {
  return read<CaseFile>('cases.json');
}

export function ruleMatrix(): Matrix {
  return read<Matrix>('matrix.json');
}
