import {verb as attach} from '../commands/attach.ts';
import {verb as create} from '../commands/create.ts';
import {verb as exec} from '../commands/exec.ts';
import {verb as kill} from '../commands/kill.ts';
import {pause, unpause} from '../commands/pause.ts';
import {verb as restart} from '../commands/restart.ts';
import {verb as rm} from '../commands/rm.ts';
import {verb as run} from '../commands/run.ts';
import {verb as start} from '../commands/start.ts';
import {verb as stop} from '../commands/stop.ts';
import {verb as wait} from '../commands/wait.ts';
import {runQuick} from './run-verb.ts';

const verbs = {attach, create, exec, kill, pause, restart, rm, run, start, stop, unpause, wait};
const whole = async (words: readonly string[]): Promise<number> => (await import('./program.ts')).runProgram(words);

/** The commands that lead containers through their lives, bundled into one file; see `main.ts`. */
export const runLife = (name: string, words: readonly string[]): Promise<number> => runQuick({verbs, whole}, name, words);
