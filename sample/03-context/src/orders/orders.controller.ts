import { Controller, Headers, Logger, Param, Post } from '@nestjs/common';
import { CommandBus } from 'nestjs-cqrs';
import { PlaceOrder, tenant } from './orders.messages.js';

@Controller('orders')
export class OrdersController {
  private readonly logger = new Logger(OrdersController.name);

  constructor(private readonly commands: CommandBus) {}

  // #region header
  @Post(':id/:item')
  async place(@Param('id') id: string, @Param('item') item: string, @Headers('x-tenant') name = 'nobody') {
    this.logger.log(`order ${id} arrives`);
    return { placed: await this.commands.execute(new PlaceOrder(id, item), { headers: tenant.of(name) }) };
  }
  // #endregion
}
