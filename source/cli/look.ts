import {verb as images} from '../commands/images.ts';
import {inspectAny as inspect} from '../commands/inspect.ts';
import {verb as logs} from '../commands/logs.ts';
import {verb as ps} from '../commands/ps.ts';
import {verb as version} from '../commands/version.ts';
import {runQuick} from './run-verb.ts';

const verbs = {images, inspect, logs, ps, version};
const whole = async (words: readonly string[]): Promise<number> => (await import('./program.ts')).runProgram(words);

/** The commands that look at containers, bundled into one file; see `main.ts`. */
export const runLook = (name: string, words: readonly string[]): Promise<number> => runQuick({verbs, whole}, name, words);
