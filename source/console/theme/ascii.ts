import stringWidth from 'string-width';

const symbols: Readonly<Record<string, string>> = {
	'─': '-',
	'━': '=',
	'│': '|',
	'╭': '+',
	'╮': '+',
	'╰': '+',
	'╯': '+',
	'├': '+',
	'┤': '+',
	'…': '~',
	'·': '.',
	'●': '*',
	'○': 'o',
	'◐': '%',
	'◌': '.',
	'↻': '@',
	'▸': '>',
	'▾': 'v',
	'▌': '>',
	'▲': '^',
	'▼': 'v',
	'↑': '^',
	'↓': 'v',
	'←': '<',
	'→': '>',
	'×': 'x',
	'✔': '+',
	'✘': '!',
	'‖': '"',
	'▏': '|',
	'█': '#',
	'░': '.',
	'▁': '_',
	'▂': '.',
	'▃': ':',
	'▄': '-',
	'▅': '=',
	'▆': '+',
	'▇': '*',
	'⚠': '!',
	'–': '-',
	'≥': '>',
};

/** A braille cell by how many of its eight dots are set. */
function brailleToAscii(character: string): string {
	let bits = (character.codePointAt(0) ?? 0) - 0x28_00;
	let dots = 0;
	for (; bits > 0; bits >>= 1) dots += bits & 1;
	return dots === 0 ? ' ' : dots < 3 ? '.' : dots < 5 ? ':' : '#';
}

/** For a locale that is not UTF-8: our own symbols by their likeness, anything else as question marks of the same width. */
export const toAscii = (text: string): string =>
	text.replaceAll(/[^\u0000-\u007E]/gu, character => {
		if (/[\u2800-\u28FF]/.test(character)) return brailleToAscii(character);
		return symbols[character] ?? '?'.repeat(stringWidth(character));
	});
