import mysql from 'mysql2'
import type { Driver } from '../driver.ts'

const settings = (port: number) => ({ host: '127.0.0.1', port, user: 'root' })

async function kill(connection: mysql.Connection, port: number): Promise<void> {
  const [rows] = await connection.promise().query<mysql.RowDataPacket[]>('select connection_id() as id')
  const admin = mysql.createConnection(settings(port)).promise()
  await admin.query(`kill ${rows[0]?.id}`)
  await admin.end()
}

export const driver: Driver<mysql.Connection> = {
  connect: (port) => mysql.createConnection(settings(port)),
  ping: (connection) => connection.promise().query('select 1'),
  uses: { 'connection lost': (connection, _bug, port) => kill(connection, port) },
}
