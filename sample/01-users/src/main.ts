import { ShutdownSignal } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { startText } from './start-text.js';

const port = process.env['PORT'] || 3000;

const app = await NestFactory.create(AppModule);
// Ends with exit code 0 once the HTTP server, the buses and the database have been closed.
app.enableShutdownHooks([ShutdownSignal.SIGINT, ShutdownSignal.SIGTERM], { useProcessExit: true });
try {
  await app.listen(port);
  console.log(await startText(app));
} catch (error) {
  await app.close();
  console.error(`Cannot listen on port ${port}: ${(error as Error).message}. Another one: PORT=3001 npm start`);
  process.exitCode = 1;
}
