import { describe } from 'vitest';
import { randomSessionTests } from './random/random-sessions.js';

describe('sessions of 2.4.1 in surroundings that do anything', () => randomSessionTests('2.4.1'));
