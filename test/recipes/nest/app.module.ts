import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CanActivate,
  ConflictException,
  Controller,
  Get,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestInterceptor,
  type NestModule,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type PipeTransform,
  Query,
  ServiceUnavailableException,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common'
import { FatalError } from 'fastify-isolate'

/** Like the errors of an app that knows nothing of Nest. */
class OutOfStock extends Error {
  readonly statusCode = 410
}

class Guard implements CanActivate {
  canActivate(): never {
    throw new Error('secret of a guard')
  }
}

class Pipe implements PipeTransform {
  transform(): never {
    throw new Error('secret of a pipe')
  }
}

class Interceptor implements NestInterceptor {
  intercept(): never {
    throw new Error('secret of an interceptor')
  }
}

@Controller()
class AppController {
  @Get('fine')
  fine(): string {
    return 'fine'
  }

  @Get('throw')
  throw(): never {
    throw new Error('secret of a controller')
  }

  @Get('string')
  string(): never {
    throw 'secret that is a string'
  }

  @Get('guard')
  @UseGuards(Guard)
  guard(): string {
    return 'fine'
  }

  @Get('pipe')
  pipe(@Query('x', Pipe) x: string): string {
    return x
  }

  @Get('interceptor')
  @UseInterceptors(Interceptor)
  interceptor(): string {
    return 'fine'
  }

  @Get('middleware')
  middleware(): string {
    return 'fine'
  }

  @Get('conflict')
  conflict(): never {
    throw new ConflictException('taken')
  }

  @Get('unavailable')
  unavailable(): never {
    throw new ServiceUnavailableException('secret of an upstream')
  }

  @Get('out-of-stock')
  outOfStock(): never {
    throw new OutOfStock('sold')
  }

  @Get('rejection')
  rejection(): string {
    void Promise.reject(new Error('secret of a rejection'))
    return 'fine'
  }

  @Get('timer')
  async timer(): Promise<string> {
    setTimeout(() => {
      throw new Error('secret of a timer')
    })
    await sleep(20)
    return 'fine'
  }

  @Get('fatal')
  fatal(): never {
    throw new FatalError('secret that is fatal')
  }

  /** Answers once the process leaves. */
  @Get('slow')
  async slow(): Promise<string> {
    await leaving
    await sleep(100)
    return 'slow'
  }
}

let leave: () => void
const leaving = new Promise<void>((resolve) => {
  leave = resolve
})

@Injectable()
class Database implements OnModuleDestroy, OnApplicationShutdown {
  onModuleDestroy(): void {
    leave()
    say('onModuleDestroy')
  }

  onApplicationShutdown(): void {
    say('onApplicationShutdown')
  }
}

function say(msg: string): void {
  process.stdout.write(`${JSON.stringify({ msg })}\n`)
}

@Module({ controllers: [AppController], providers: [Database] })
export class AppModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    const middleware = (): never => {
      throw new Error('secret of a middleware')
    }
    consumer.apply(middleware).forRoutes('middleware')
  }
}
