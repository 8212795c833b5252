import type {ExitStatus} from '../../core/index.ts';

/** The code that a shell would report of the program. */
export const exitCodeOfProgram = ({exitCode, signal}: ExitStatus): number => (signal > 0 && exitCode === 0 ? 128 + signal : exitCode);
