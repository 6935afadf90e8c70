using System.Net;
using Yarp.ReverseProxy.Forwarder;

// A forwarder that is widely used, as it comes: <port> <upstream>.
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
builder.Services.AddHttpForwarder();
await using var app = builder.Build();
app.Urls.Add($"http://127.0.0.1:{args[0]}");
using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, ActivityHeadersPropagator = null });
var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
app.Run(async http => await forwarder.SendAsync(http, args[1], client));
await app.RunAsync();
