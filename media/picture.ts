import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {Resvg} from '@resvg/resvg-js';
import xterm, {type IBufferCell, type Terminal} from '@xterm/headless';

/** A terminal's screen as SVG, and that as PNG: no display needed. */

const font = {family: "'DejaVu Sans Mono','JetBrains Mono',Menlo,Consolas,monospace", size: 14, width: (14 * 1233) / 2048, height: 14 * 1.22};
const padding = 14;
const colors = {background: '#15181e', foreground: '#c3c9d4'};
const base = [
	'#15181e',
	'#e06c75',
	'#8cc77a',
	'#e2b860',
	'#6ca8f0',
	'#b394e0',
	'#5ec4b6',
	'#c3c9d4',
	'#5c6473',
	'#ea7479',
	'#9bd48a',
	'#efc97a',
	'#86baf7',
	'#c6abec',
	'#7ad6c9',
	'#f0f2f6',
];

const two = (value: number): string => value.toString(16).padStart(2, '0');

function paletteColor(index: number): string {
	if (index < 16) return base[index] ?? colors.foreground;
	if (index > 231) return `#${two(8 + 10 * (index - 232)).repeat(3)}`;
	const level = (divisor: number): string => {
		const step = Math.floor((index - 16) / divisor) % 6;
		return two(step === 0 ? 0 : 55 + 40 * step);
	};
	return `#${level(36)}${level(6)}${level(1)}`;
}

const colorOf = (isRgb: boolean, isPalette: boolean, value: number, otherwise: string): string =>
	isRgb ? `#${value.toString(16).padStart(6, '0')}` : isPalette ? paletteColor(value) : otherwise;

type Style = {readonly ink: string; readonly paper: string; readonly bold: boolean; readonly dim: boolean; readonly underline: boolean};

function styleOf(cell: IBufferCell): Style {
	const ink = colorOf(cell.isFgRGB(), cell.isFgPalette(), cell.getFgColor(), colors.foreground);
	const paper = colorOf(cell.isBgRGB(), cell.isBgPalette(), cell.getBgColor(), colors.background);
	const inverse = cell.isInverse() !== 0;
	return {ink: inverse ? paper : ink, paper: inverse ? ink : paper, bold: cell.isBold() !== 0, dim: cell.isDim() !== 0, underline: cell.isUnderline() !== 0};
}

type Run = {x: number; columns: number; text: string; readonly style: Style};

/** Neighbours of one style; a wide character stands alone, so that its width cannot shift others. */
function readRuns(terminal: Terminal, y: number): Run[] {
	const line = terminal.buffer.active.getLine(terminal.buffer.active.viewportY + y);
	const cell = terminal.buffer.active.getNullCell();
	const runs: Run[] = [];
	for (let x = 0; line && x < terminal.cols; x++) {
		if (!line.getCell(x, cell) || cell.getWidth() === 0) continue;
		const style = styleOf(cell);
		const last = runs.at(-1);
		const text = cell.getChars() || ' ';
		if (last && cell.getWidth() === 1 && JSON.stringify(last.style) === JSON.stringify(style)) {
			last.text += text;
			last.columns++;
		} else runs.push({x, columns: cell.getWidth(), text, style});
	}
	return runs;
}

const escapeXml = (text: string): string => text.replaceAll(/[&<>]/g, character => ({'&': '&amp;', '<': '&lt;', '>': '&gt;'})[character] ?? character);
const short = (value: number): string => value.toFixed(2).replace(/\.?0+$/, '');

const braille: ReadonlyArray<readonly [column: number, row: number, bit: number]> = [
	[0, 0, 1],
	[0, 1, 2],
	[0, 2, 4],
	[1, 0, 8],
	[1, 1, 16],
	[1, 2, 32],
	[0, 3, 64],
	[1, 3, 128],
];

/** Few fonts have braille: the dots are drawn. Blocks and frames, too, so that they meet whatever the font. */
function drawBraille(character: string, x: number, y: number, ink: string): string {
	const bits = (character.codePointAt(0) ?? 0) - 0x28_00;
	return braille
		.filter(([, , bit]) => bits & bit)
		.map(([column, row]) => `<circle cx="${short(x + font.width * (0.27 + column * 0.47))}" cy="${short(y + font.height * (0.125 + row * 0.25))}" r="1.3" fill="${ink}"/>`)
		.join('');
}

function drawBlock(character: string, x: number, y: number, ink: string): string {
	const eighths = (character.codePointAt(0) ?? 0) - 0x25_80;
	const height = (font.height * eighths) / 8;
	return `<rect x="${short(x)}" y="${short(y + font.height - height)}" width="${short(font.width)}" height="${short(height)}" fill="${ink}"/>`;
}

const lineParts: Readonly<Record<string, string>> = {'─': 'lr', '│': 'ud', '╭': 'rd', '╮': 'ld', '╰': 'ru', '╯': 'lu'};

function drawLine(character: string, x: number, y: number, ink: string): string {
	const [middleX, middleY, right, bottom] = [x + font.width / 2, y + font.height / 2, x + font.width, y + font.height].map(short);
	const parts = lineParts[character] ?? '';
	const ends: Readonly<Record<string, string>> = {l: `${short(x)},${middleY}`, r: `${right},${middleY}`, u: `${middleX},${short(y)}`, d: `${middleX},${bottom}`};
	const path = /^[lr][ud]$/.test(parts) ? `M${ends[parts[0] ?? '']} Q${middleX},${middleY} ${ends[parts[1] ?? '']}` : `M${ends[parts[0] ?? '']} L${ends[parts[1] ?? '']}`;
	return `<path d="${path}" fill="none" stroke="${ink}" stroke-width="1.1"/>`;
}

const drawers: ReadonlyArray<readonly [RegExp, typeof drawLine]> = [
	[/[\u2801-\u28FF]/, drawBraille],
	[/[\u2581-\u2588]/, drawBlock],
	[/[─│╭╮╰╯]/, drawLine],
];

function drawRun({x, columns, text, style}: Run, row: number): string {
	const [left, top] = [padding + x * font.width, padding + row * font.height];
	const {ink, paper, bold, dim, underline} = style;
	let drawn =
		paper === colors.background
			? ''
			: `<rect x="${short(left)}" y="${short(top)}" width="${short(columns * font.width + 0.4)}" height="${short(font.height + 0.4)}" fill="${paper}"/>`;
	const words = Array.from(text).map((character, index) => {
		const drawer = drawers.find(([pattern]) => pattern.test(character));
		if (drawer) drawn += drawer[1](character, left + index * font.width, top, ink);
		return drawer ? ' ' : character;
	});
	for (const word of words.join('').matchAll(/\S+/g)) {
		const attributes = `${bold ? ' font-weight="bold"' : ''}${dim ? ' opacity=".62"' : ''}${underline ? ' text-decoration="underline"' : ''}`;
		drawn += `<text x="${short(left + word.index * font.width)}" y="${short(top + font.height * 0.76)}" fill="${ink}"${attributes}>${escapeXml(word[0])}</text>`;
	}
	return drawn;
}

export function drawSvg(terminal: Terminal): string {
	const width = short(terminal.cols * font.width + 2 * padding);
	const height = short(terminal.rows * font.height + 2 * padding);
	const rows = Array.from({length: terminal.rows}, (_, y) =>
		readRuns(terminal, y)
			.map(run => drawRun(run, y))
			.join(''),
	);
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><rect width="100%" height="100%" rx="8" fill="${colors.background}"/><g font-family="${font.family}" font-size="${font.size}">${rows.join('\n')}</g></svg>\n`;
}

export function toPng(svg: string): Buffer {
	const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
	const fontFiles = ['DejaVuSansMono.ttf', 'DejaVuSansMono-Bold.ttf', 'DejaVuSans.ttf'].map(name => join(fonts, name));
	return new Resvg(svg, {fitTo: {mode: 'zoom', value: 2}, font: {fontFiles, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans Mono'}}).render().asPng();
}

export const createTerminal = (columns: number, rows: number): Terminal => new xterm.Terminal({cols: columns, rows, allowProposedApi: true});
