using System.Runtime.Versioning;
using Spoq.Conductor;
using Spoq.Core.Wire;

[assembly: UnsupportedOSPlatform("windows")]

// Exit codes of sysexits.h, so that whoever starts us can tell "try later" from "mend the file".
const int Usage = 64;
const int TemporaryFailure = 75;
const int BadConfiguration = 78;

if (args is ["--version"])
{
    Console.WriteLine(ConductorVersion.Current);
    return 0;
}

if (args is not ["--config", var file])
{
    await Console.Error.WriteLineAsync("Usage: Spoq.Conductor --config FILE");
    return Usage;
}

if (!ConfigFile.TryRead(file, out var config, out var listen, out var complaint))
{
    await Console.Error.WriteLineAsync(complaint);
    return BadConfiguration;
}

if (!DataDirectory.TryOpen(config.DataDirectory, out var data, out complaint))
{
    await Console.Error.WriteLineAsync(complaint);
    return BadConfiguration;
}

using var held = data.TryLock();
if (held is null)
{
    await Console.Error.WriteLineAsync($"Another Conductor already serves {data.Root}. Stop it first; this one leaves it alone.");
    return TemporaryFailure;
}

await using var app = ConductorApp.Build(config, listen, data);
try
{
    await app.StartAsync();
}
catch (IOException taken) when (taken.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
{
    await Console.Error.WriteLineAsync($"{config.Listen} is in use already. Stop what listens there, or change \"listen\" in {file}.");
    return TemporaryFailure;
}

if (config.Socket is { } socket)
{
    Spoq.Conductor.Access.LocalUsers.Open(socket);
}

await data.WriteAsync(DataDirectory.RunFile, ConductorApp.Describe(app), WireJson.Default.RunFile, CancellationToken.None);
try
{
    await ConductorApp.ServeAsync(app);
}
finally
{
    data.Delete(DataDirectory.RunFile);
}

return 0;
