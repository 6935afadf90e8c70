using Spoq.Cli;

return await SpoqCommand.Build().Parse(args).InvokeSafelyAsync();
