import {createKeyParser, type Press} from './keys.ts';

/** The terminal while the console has it: raw input, presses out, and the promise that it is sane again afterwards, whatever happens. */
export type TerminalSession = {
	/** Takes every byte instead of the parser while set: a shell pane. Returns false to let the bytes be parsed after all. */
	onRaw(listener: ((data: Uint8Array) => boolean) | undefined): void;
	setMouse(on: boolean): void;
	/** Gives the terminal back for good; may be called twice. */
	close(): void;
	/** Lets go of the terminal (raw mode, paste and mouse reports) and takes it again. */
	release(): void;
	take(): void;
};

const escape = '\u001B';
const pasteOn = `${escape}[?2004h`;
const pasteOff = `${escape}[?2004l`;
const mouseOn = `${escape}[?1000h${escape}[?1006h`;
const mouseOff = `${escape}[?1006l${escape}[?1000l`;

/** A lone escape byte may begin a sequence whose rest is still on its way over a slow line. */
const escapeDelay = 30;

export function openTerminal(input: NodeJS.ReadStream, output: NodeJS.WriteStream, onPress: (press: Press) => void): TerminalSession {
	const parser = createKeyParser();
	let raw: ((data: Uint8Array) => boolean) | undefined;
	let mouse = false;
	let held = false;
	let flushTimer: NodeJS.Timeout | undefined;

	const read = (data: Buffer): void => {
		clearTimeout(flushTimer);
		if (raw?.(data) === true) return;
		for (const press of parser.steps(data)) {
			onPress(press);
			// The press may have given the keys to a shell: what was typed after it belongs there.
			const rest = parser.takeRest();
			if (rest === '') break;
			if (raw?.(Buffer.from(rest)) !== true) parser.putBack(rest);
		}
		if (parser.pending) flushTimer = setTimeout(() => parser.flush().forEach(onPress), escapeDelay);
	};

	const session: TerminalSession = {
		onRaw(listener) {
			raw = listener;
		},
		setMouse(on) {
			if (on === mouse) return;
			mouse = on;
			if (held) output.write(on ? mouseOn : mouseOff);
		},
		take() {
			if (held) return;
			held = true;
			input.setRawMode(true);
			input.on('data', read);
			input.resume();
			output.write(pasteOn + (mouse ? mouseOn : ''));
		},
		release() {
			if (!held) return;
			held = false;
			clearTimeout(flushTimer);
			input.off('data', read);
			input.pause();
			try {
				output.write((mouse ? mouseOff : '') + pasteOff);
				input.setRawMode(false);
			} catch {
				// The line is gone (SIGHUP): there is no terminal left to mend.
			}
		},
		close() {
			session.release();
		},
	};
	session.take();
	return session;
}
