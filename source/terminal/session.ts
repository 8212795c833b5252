import type {MouseWish} from './emulator.ts';
import {createKeyParser, type Press} from './keys.ts';

/** The terminal while the console has it: raw input, presses out, and the promise that it is sane again afterwards, whatever happens. */
export type TerminalSession = {
	/** Sees every byte before the parser while set: a shell pane. Returns what it left, to be parsed. */
	onRaw(listener: ((data: Uint8Array) => Uint8Array) | undefined): void;
	setMouse(wish: MouseWish): void;
	/** Gives the terminal back for good; may be called twice. */
	close(): void;
	/** Lets go of the terminal (raw mode, paste and mouse reports) and takes it again. */
	release(): void;
	take(): void;
};

const escape = '\u001B';
const pasteOn = `${escape}[?2004h`;
const pasteOff = `${escape}[?2004l`;
const mouseOff = `${escape}[?1006l${escape}[?1002l${escape}[?1000l`;
const mouseModes: Readonly<Record<MouseWish, string>> = {
	none: mouseOff,
	clicks: `${mouseOff}${escape}[?1000h${escape}[?1006h`,
	drag: `${mouseOff}${escape}[?1002h${escape}[?1006h`,
};

/** A lone escape byte may begin a sequence whose rest is still on its way over a slow line. */
const escapeDelay = 30;

export function openTerminal(input: NodeJS.ReadStream, output: NodeJS.WriteStream, onPress: (press: Press) => void): TerminalSession {
	const parser = createKeyParser();
	let raw: ((data: Uint8Array) => Uint8Array) | undefined;
	let mouse: MouseWish = 'none';
	let held = false;
	let flushTimer: NodeJS.Timeout | undefined;

	const read = (data: Buffer): void => {
		clearTimeout(flushTimer);
		const left = raw?.(data) ?? data;
		if (left.length === 0) return;
		for (const press of parser.steps(Buffer.from(left))) {
			onPress(press);
			// The press may have given the keys to a shell: what was typed after it belongs there.
			const rest = parser.takeRest();
			if (rest === '') break;
			parser.putBack(Buffer.from(raw?.(Buffer.from(rest)) ?? Buffer.from(rest)).toString());
		}
		if (parser.pending) flushTimer = setTimeout(() => parser.flush().forEach(onPress), escapeDelay);
	};

	const session: TerminalSession = {
		onRaw(listener) {
			raw = listener;
		},
		setMouse(wish) {
			if (wish === mouse) return;
			mouse = wish;
			if (held) output.write(mouseModes[wish]);
		},
		take() {
			if (held) return;
			held = true;
			input.setRawMode(true);
			input.on('data', read);
			input.resume();
			output.write(pasteOn + (mouse === 'none' ? '' : mouseModes[mouse]));
		},
		release() {
			if (!held) return;
			held = false;
			clearTimeout(flushTimer);
			input.off('data', read);
			input.pause();
			try {
				output.write((mouse === 'none' ? '' : mouseOff) + pasteOff);
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
