import { describe } from 'vitest';
import { randomSessionTests } from './random/random-sessions.js';

describe('sessions of 2.3.19.1 in surroundings that do anything', () => randomSessionTests('2.3.19.1'));
