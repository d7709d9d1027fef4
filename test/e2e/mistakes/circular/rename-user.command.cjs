// As a compiler to CommonJS leaves two files that import each other.
const handler = require('./rename-user.handler.cjs');

class RenameUser {}
RenameUser.handler = handler.RenameUserHandler;
exports.RenameUser = RenameUser;
