import { Injectable } from '@nestjs/common';
import { Command, CommandHandler, Durable, Message, schedule } from 'nestjs-cqrs';
import { Invoices } from './invoices.js';

// #region schedule
@Durable()
@Message({ name: 'payment.report' })
export class WriteReport extends Command {}

export const nightlyReport = schedule('nightly-report', new WriteReport(), {
  cron: process.env['REPORT_CRON'] ?? '0 3 * * *',
  timeZone: 'Europe/Berlin',
});
// #endregion

@Injectable()
export class Reports {
  constructor(private readonly invoices: Invoices) {}

  @CommandHandler(WriteReport)
  async write(): Promise<void> {
    const { count, cents } = await this.invoices.total();
    console.log(`Report: ${count} invoices, ${cents} cents`);
  }
}
