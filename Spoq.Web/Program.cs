using Spoq.Infrastructure;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Admin;
using Spoq.Web.Ai;
using Spoq.Web.Billing;
using Spoq.Web.Devices;
using Spoq.Web.Instances;
using Spoq.Web.Instances.Provisioning;
using Spoq.Web.Ops;
using Spoq.Web.Releases;
using Spoq.Web.Shell;

var builder = WebApplication.CreateBuilder(args);
if (args is ["health"])
{
    return await HealthCommand.RunAsync(builder.Configuration["PORT"] ?? "8080");
}

builder.AddDevelopmentDefaults();
builder.ListenOnPort();
await builder.UseDevelopmentDatabaseAsync(CancellationToken.None);
builder.AddWebShell();
builder.Services.AddSpoq(builder.Configuration, builder.Environment);
builder.Services.AddSignIn(builder.Environment);
builder.Services.AddBearer();
builder.Services.AddSignInProviders(builder.Configuration, builder.Environment);
builder.Services.AddPasskeys();
builder.Services.AddInstancesHub();
builder.Services.AddAiProxy();

var app = builder.Build();
if (args.Contains("migrate") || !app.Environment.IsProduction())
{
    await app.Services.MigrateAsync(CancellationToken.None);
}

if (args.Contains("migrate"))
{
    return 0;
}

if (args.Contains(RotateKeysCommand.Name))
{
    return await RotateKeysCommand.RunAsync(app.Services, args);
}

app.UseWebShell();
app.UseMinimumCli();
app.MapWebShell();
app.MapOps();
app.MapAccess();
app.MapAccounts();
app.MapDevices();
app.MapBilling();
app.MapInstances();
app.MapAdmin();
app.MapReleases();
app.MapAi();
await app.RunAsync();
return 0;

/// <summary>The entry point; named for the tests that start it.</summary>
public partial class Program;
