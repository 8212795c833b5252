// Stands in for `blessed`: no more of it than blessed-contrib's canvas widgets touch, without a screen, a terminal or
// handlers for signals that would fight with Ink's. The charts are drawn off-screen and their text is put into Ink.
const {EventEmitter} = require('node:events');

function Node(options = {}) {
	EventEmitter.call(this);
	this.options = options;
	this.width = options.width;
	this.height = options.height;
	this.content = '';
	this.children = [];
}
Object.setPrototypeOf(Node.prototype, EventEmitter.prototype);
Node.prototype.setContent = function (content) {
	this.content = content;
};
Node.prototype.append = function (child) {
	this.children.push(child);
};
Node.prototype.remove = function () {};

function Box(options) {
	Node.call(this, options);
}
Object.setPrototypeOf(Box.prototype, Node.prototype);

module.exports = {Node, Box, box: options => new Box(options)};
